// `ptyline cert`: the certificate that `serve --ssl` uses, made, shown and renewed.

import { isIPv6 } from "node:net"
import { PtylineError } from "../../core/lib/errors.ts"
import {
  type Certificate,
  daysLeft,
  findCertificate,
  isSelfSigned,
  makeCertificate,
  readCertificate,
} from "../../store/secrets/certificates.ts"
import { ownDirectory, stateDirectory } from "../../store/state/directory.ts"
import { dataDirectory } from "../compat/data-directory.ts"
import { type Flags, parseFlags, UsageError, withEnvironment } from "../lib/flags.ts"

export const CERT_SUMMARY = "Make, show or renew the certificate of serve --ssl: cert make, show, renew"

export const CERT_FLAGS: Flags = {
  moppy: {
    type: "string",
    description: "data directory that has certs/ (default: the state directory)",
    hint: "dir",
  },
  host: {
    type: "string",
    multiple: true,
    description: "another name or address it is for, besides localhost",
    hint: "name",
  },
}

type Variables = Record<string, string | undefined>
type CertificatePlan = { data: string; names: string[] }

/** Answers what is printed. Throws `not_found`, `conflict` or `unavailable` with the file that is in the way. */
export async function certificate(args: string[], env: Variables): Promise<string> {
  const { values, words } = withEnvironment(parseFlags(args, CERT_FLAGS), CERT_FLAGS, env)
  const [name = "show", surplus] = words
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name as keyof typeof ACTIONS] : undefined
  if (!action || surplus !== undefined)
    throw new UsageError(`cert takes make, show or renew, got ${JSON.stringify(surplus ?? name)}`)
  const named = (values.moppy as string | undefined) || env.MOPPY_PATH || undefined
  const state = stateDirectory(env)
  const { path } = dataDirectory(named, false, state)
  if (path === state) ownDirectory(state)
  return describe(await action({ data: path, names: (values.host as string[] | undefined) ?? [] }))
}

const ACTIONS = {
  show: async ({ data }: CertificatePlan): Promise<Certificate> => found(data),
  make: async ({ data, names }: CertificatePlan): Promise<Certificate> => {
    const there = findCertificate(data)
    if (there)
      throw new PtylineError("conflict", `${there.certPath} is there already; ptyline cert renew replaces it`)
    return makeCertificate(data, names)
  },
  /** Keeps the names it had. What somebody else signed is not ours to replace. */
  renew: async ({ data, names }: CertificatePlan): Promise<Certificate> => {
    const there = found(data)
    refuseForeign(there)
    return makeCertificate(data, [...namesOf(there.cert), ...names])
  },
}

function found(data: string): Certificate {
  const there = findCertificate(data)
  if (there) return there
  throw new PtylineError("not_found", `no certificate in ${data}/certs; ptyline cert make makes one`)
}

function refuseForeign(there: Certificate): void {
  const { certPath, keyPath } = there
  const ours = certPath.endsWith("/cert.pem") && keyPath.endsWith("/key.pem")
  if (ours && (readCertificate(there.cert) === null || isSelfSigned(there))) return
  throw new PtylineError(
    "conflict",
    `${certPath} was not made by ptyline; renew it where it came from, or remove it and ${keyPath}`,
  )
}

function describe(certificate: Certificate): string {
  const parsed = readCertificate(certificate.cert)
  if (!parsed) throw new PtylineError("unavailable", `${certificate.certPath} cannot be read as PEM`)
  const left = daysLeft(certificate)
  const lines = [
    ["certificate", certificate.certPath],
    ["key", certificate.keyPath],
    ["subject", parsed.subject],
    ["issuer", isSelfSigned(certificate) ? "itself" : parsed.issuer],
    ["names", namesOf(certificate.cert).join(", ")],
    ["from", parsed.validFrom],
    ["until", `${parsed.validTo} (${left < 0 ? "expired" : `${left} days left`})`],
    ["SHA-256", parsed.fingerprint256],
  ]
  return lines.map(([name, value]) => `${name!.padEnd(12)} ${value}\n`).join("")
}

/** "DNS:localhost, IP Address:127.0.0.1" as names. An unreadable certificate has none. */
function namesOf(cert: string): string[] {
  const names = readCertificate(cert)?.subjectAltName ?? ""
  return names.split(", ").flatMap(name => shortest(/^(?:DNS|IP Address):(.+)$/.exec(name)?.[1]) ?? [])
}

/** 0:0:0:0:0:0:0:1 is ::1, as RFC 5952 and URLs write it. */
function shortest(name: string | undefined): string | undefined {
  return name && isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name
}
