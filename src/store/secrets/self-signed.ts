// Creates a self-signed certificate. Loads its large library only on demand, to keep starts fast.

import { randomBytes, webcrypto } from "node:crypto"
import { isIP } from "node:net"

/** Validity in days (contract mop 2.7). */
const SELF_SIGNED_DAYS = 365
const DAY_MS = 86_400_000
const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

/** Returns a new P-256 key and its certificate for these names and addresses, as PEM. */
export async function selfSigned(names: string[], from = new Date()): Promise<{ cert: string; key: string }> {
  await import("reflect-metadata") // required by the next import
  const x509 = await import("@peculiar/x509")
  const keys = (await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"])) as CryptoKeyPair
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=ptyline",
    notBefore: from,
    notAfter: new Date(from.getTime() + SELF_SIGNED_DAYS * DAY_MS),
    signingAlgorithm: P256,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        [...new Set(names)].map(value => ({ type: isIP(value) ? "ip" : "dns", value }) as const),
      ),
    ],
  })
  return { cert: `${certificate.toString("pem")}\n`, key: await privatePem(keys.privateKey) }
}
/** RFC 5280, 4.1.2.2: positive, at most 20 octets, unique. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString("hex")
}

async function privatePem(key: CryptoKey): Promise<string> {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64")
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`
}
