// The TLS certificate and key in `certs/`: finds, checks and creates them.

import { createPrivateKey, X509Certificate } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { attempt } from "../../core/lib/attempt.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import { replaceFileDurably } from "../state/files.ts"
import { selfSigned } from "./self-signed.ts"

/** PEM texts and their files. */
export type Certificate = { cert: string; key: string; certPath: string; keyPath: string }

/** Names in every self-signed certificate (contract mop 2.7). */
const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"]
/** Next step in error messages. */
const RENEW_HINT = "; run ptyline cert renew to create a new one"
const DAY_MS = 86_400_000

/**
 * Returns the certificate in a data directory's `certs/`: the first *.key with the first *.pem, else the
 * *.pem with a private key and the one with a certificate (contract mop 2.7). Without either, creates a
 * self-signed one for this machine and `names`. Throws `unavailable`, naming the file, if the certificate
 * cannot be used.
 */
export async function loadCertificate(data: string, names: string[] = []): Promise<Certificate> {
  const found = findCertificate(data) ?? (await makeCertificate(data, names))
  assertUsable(found, RENEW_HINT)
  return found
}

/** Like `loadCertificate`, unchecked. Returns null without files. Throws `unavailable` if only one exists. */
export function findCertificate(data: string): Certificate | null {
  const directory = join(data, "certs")
  const files = existsSync(directory) ? readdirSync(directory).sort() : []
  const pems = files.filter(name => name.endsWith(".pem")).map(name => join(directory, name))
  const key = files.find(name => name.endsWith(".key"))
  const keyPath = key ? join(directory, key) : pems.find(path => hasPemBlock(path, "PRIVATE KEY"))
  const certPath = key ? pems[0] : pems.find(path => hasPemBlock(path, "CERTIFICATE"))
  if (!keyPath && !certPath) return null
  if (keyPath && certPath) return { cert: readText(certPath), key: readText(keyPath), certPath, keyPath }
  const [present, missing] = keyPath ? [keyPath, "certificate"] : [certPath, "private key"]
  throw new PtylineError("unavailable", `${present} has no ${missing} (*.pem); add it or remove ${present}`)
}

/** Creates or replaces `key.pem` (0600) and `cert.pem`. */
export async function makeCertificate(data: string, names: string[]): Promise<Certificate> {
  const directory = join(data, "certs")
  const [certPath, keyPath] = [join(directory, "cert.pem"), join(directory, "key.pem")]
  const generated = await selfSigned([...LOCAL_NAMES, ...names.filter(isName)])
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    await replaceFileDurably(keyPath, Buffer.from(generated.key))
    await replaceFileDurably(certPath, Buffer.from(generated.cert))
    chmodSync(certPath, 0o644)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new PtylineError("unavailable", `cannot write a certificate to ${directory}: ${code}`)
  }
  return { ...generated, certPath, keyPath }
}

/** True if the certificate is its own issuer. */
export function isSelfSigned({ cert }: Certificate): boolean {
  const parsed = readCertificate(cert)
  return parsed?.checkIssued(parsed) === true
}

/** Whole days until a certificate expires; negative after that. */
export function daysLeft({ cert }: Pick<Certificate, "cert">): number {
  return Math.floor((Date.parse(readCertificate(cert)?.validTo ?? "") - Date.now()) / DAY_MS)
}

/** Returns null for an invalid certificate. */
export const readCertificate = (pem: string): X509Certificate | null =>
  attempt(() => new X509Certificate(pem)) ?? null

/** Rejects the empty host and the addresses that mean every interface; they name nothing. */
const isName = (host: string): boolean => host !== "" && host !== "0.0.0.0" && host !== "::"

/** Throws `unavailable`, naming the file and the reason; adds `hint` if a new certificate would help. */
export function assertUsable({ cert, key, certPath, keyPath }: Certificate, hint = ""): void {
  const certificate = readCertificate(cert)
  if (!certificate) throw unusableFile(certPath, `cannot be read as PEM${hint}`)
  const privateKey = attempt(() => createPrivateKey(key))
  if (!privateKey) throw unusableFile(keyPath, `cannot be read as PEM${hint}`)
  if (!certificate.checkPrivateKey(privateKey)) throw unusableFile(keyPath, `is not the key of ${certPath}`)
  if (Date.parse(certificate.validTo) <= Date.now())
    throw unusableFile(certPath, `expired on ${certificate.validTo}${hint}`)
  if (Date.parse(certificate.validFrom) > Date.now())
    throw unusableFile(certPath, `is not valid before ${certificate.validFrom}`)
}

function hasPemBlock(path: string, label: string): boolean {
  return new RegExp(`-----BEGIN [A-Z ]*${label}-----`).test(readText(path))
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    throw unusableFile(path, `cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

const unusableFile = (path: string, why: string): PtylineError =>
  new PtylineError("unavailable", `${path} ${why}`)
