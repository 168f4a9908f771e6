// `ptyline cert`: makes, shows and renews the certificate of `serve --ssl`.

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
import { type Parsed, UsageError, type Variables } from "../lib/flags.ts"

type CertificatePlan = { data: string; names: string[] }

/** Returns the certificate as text. Throws `not_found`, `conflict` or `unavailable` with the path. */
export async function certificate({ values, words }: Parsed, env: Variables): Promise<string> {
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
    const existing = findCertificate(data)
    if (existing)
      throw new PtylineError("conflict", `${existing.certPath} exists; to replace it: ptyline cert renew`)
    return makeCertificate(data, names)
  },
  /** Keeps the names. Throws `conflict` for a certificate that ptyline did not make. */
  renew: async ({ data, names }: CertificatePlan): Promise<Certificate> => {
    const existing = found(data)
    refuseForeign(existing)
    return makeCertificate(data, [...namesOf(existing.cert), ...names])
  },
}

function found(data: string): Certificate {
  const existing = findCertificate(data)
  if (existing) return existing
  throw new PtylineError("not_found", `no certificate in ${data}/certs; make one with: ptyline cert make`)
}

function refuseForeign(existing: Certificate): void {
  const { certPath, keyPath } = existing
  const ours = certPath.endsWith("/cert.pem") && keyPath.endsWith("/key.pem")
  if (ours && (readCertificate(existing.cert) === null || isSelfSigned(existing))) return
  throw new PtylineError(
    "conflict",
    `ptyline did not make ${certPath}; renew it with its issuer, or remove it and ${keyPath}`,
  )
}

function describe(certificate: Certificate): string {
  const parsed = readCertificate(certificate.cert)
  if (!parsed) throw new PtylineError("unavailable", `${certificate.certPath} is not a PEM certificate`)
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

/** Returns the names of "DNS:localhost, IP Address:127.0.0.1". An unreadable certificate has none. */
function namesOf(cert: string): string[] {
  const names = readCertificate(cert)?.subjectAltName ?? ""
  return names.split(", ").flatMap(name => shortest(/^(?:DNS|IP Address):(.+)$/.exec(name)?.[1]) ?? [])
}

/** Shortens 0:0:0:0:0:0:0:1 to ::1 (RFC 5952). */
function shortest(name: string | undefined): string | undefined {
  return name && isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name
}
