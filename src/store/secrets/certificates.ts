// The directory `certs/`: which file in it is the certificate and which the key, and whether they will do.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { replaceFileDurably } from "../state/files.ts"
import { selfSigned } from "./self-signed.ts"

/** PEM texts, and where they are. */
export type Certificate = { cert: string; key: string; certPath: string; keyPath: string }

/** Names that every self-signed certificate is for (contract mop 2.7). */
const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"]
/** How the directory is mended, for messages. */
const RENEW = "; ptyline cert renew makes a new one"
const DAY_MS = 86_400_000

/**
 * The certificate of a data directory's `certs/`: a *.key with the first *.pem, else the *.pem that has a private key and the
 * one that has a certificate (contract mop 2.7). With neither there, a self-signed one is made for this machine and `names`.
 * Throws `unavailable` naming the file when what is there cannot serve.
 */
export async function certificateOf(data: string, names: string[] = []): Promise<Certificate> {
  const found = findCertificate(data) ?? (await makeCertificate(data, names))
  refuseUnusable(found, RENEW)
  return found
}

/** What `certs/` has, unchecked; null when it has neither certificate nor key. Throws `unavailable` for one without the other. */
export function findCertificate(data: string): Certificate | null {
  const directory = join(data, "certs")
  const files = existsSync(directory) ? readdirSync(directory).sort() : []
  const pems = files.filter(name => name.endsWith(".pem")).map(name => join(directory, name))
  const key = files.find(name => name.endsWith(".key"))
  const keyPath = key ? join(directory, key) : pems.find(path => has(path, "PRIVATE KEY"))
  const certPath = key ? pems[0] : pems.find(path => has(path, "CERTIFICATE"))
  if (!keyPath && !certPath) return null
  if (keyPath && certPath) return { cert: textOf(certPath), key: textOf(keyPath), certPath, keyPath }
  const [there, missing] = keyPath ? [keyPath, "certificate"] : [certPath, "private key"]
  throw new PtylineError(
    "unavailable",
    `${there} is there without its ${missing} (*.pem); add it or remove both`,
  )
}

/** Makes `key.pem` (0600) and `cert.pem`, replacing those. */
export async function makeCertificate(data: string, names: string[]): Promise<Certificate> {
  const directory = join(data, "certs")
  const [certPath, keyPath] = [join(directory, "cert.pem"), join(directory, "key.pem")]
  const made = await selfSigned([...LOCAL_NAMES, ...names.filter(isName)])
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    await replaceFileDurably(keyPath, Buffer.from(made.key))
    await replaceFileDurably(certPath, Buffer.from(made.cert))
    chmodSync(certPath, 0o644)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new PtylineError("unavailable", `cannot write a certificate to ${directory}: ${code}`)
  }
  return { ...made, certPath, keyPath }
}

/** A certificate that is its own issuer is one that can be made again. */
export function isSelfSigned({ cert }: Certificate): boolean {
  const parsed = readCertificate(cert)
  return parsed?.checkIssued(parsed) === true
}

/** Whole days until a certificate ends; negative behind its end. */
export function daysLeft({ cert }: Pick<Certificate, "cert">): number {
  return Math.floor((Date.parse(readCertificate(cert)?.validTo ?? "") - Date.now()) / DAY_MS)
}

/** Null when it is no certificate. */
export function readCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}

/** Addresses that stand for all of a machine's name nothing. */
const isName = (host: string): boolean => host !== "" && host !== "0.0.0.0" && host !== "::"

/** Throws `unavailable` naming the file that cannot serve, and why; `remedy` follows where a new certificate would help. */
export function refuseUnusable({ cert, key, certPath, keyPath }: Certificate, remedy = ""): void {
  const certificate = readCertificate(cert)
  if (!certificate) throw unusable(certPath, `cannot be read as PEM${remedy}`)
  const privateKey = readKey(key)
  if (!privateKey) throw unusable(keyPath, `cannot be read as PEM${remedy}`)
  if (!certificate.checkPrivateKey(privateKey)) throw unusable(keyPath, `is not the key of ${certPath}`)
  if (Date.parse(certificate.validTo) <= Date.now())
    throw unusable(certPath, `expired on ${certificate.validTo}${remedy}`)
  if (Date.parse(certificate.validFrom) > Date.now())
    throw unusable(certPath, `is not valid before ${certificate.validFrom}`)
}

function readKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}

function has(path: string, label: string): boolean {
  return new RegExp(`-----BEGIN [A-Z ]*${label}-----`).test(textOf(path))
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    throw unusable(path, `cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

const unusable = (path: string, why: string): PtylineError =>
  new PtylineError("unavailable", `${path} ${why}`)
