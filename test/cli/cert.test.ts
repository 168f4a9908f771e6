// `serve --ssl` and `ptyline cert`: making, finding and rejecting certificates.

import { expect, test } from "bun:test"
import { X509Certificate } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { connect } from "node:tls"
import { selfSigned } from "../../src/store/secrets/self-signed.ts"
import { Home } from "../program.ts"

const DAY_MS = 86_400_000
const NAMES = ["localhost", "127.0.0.1"]

function place(home: Home, files: Record<string, string>): string {
  const directory = join(home.state, "certs")
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

test("--ssl makes a certificate for this machine, serves with it, and uses it again", async () => {
  using home = new Home()
  const first = await home.serve(["--ssl"])
  expect(first.origin).toStartWith("https://127.0.0.1:")
  const certs = join(home.state, "certs")
  const cert = readFileSync(join(certs, "cert.pem"), "utf8")
  expect(readdirSync(certs).sort()).toEqual(["cert.pem", "key.pem"])
  expect(statSync(join(certs, "key.pem")).mode & 0o777).toBe(0o600)
  const parsed = new X509Certificate(cert)
  for (const name of ["localhost"]) expect(parsed.checkHost(name)).toBe(name)
  for (const address of ["127.0.0.1", "::1"]) expect(parsed.checkIP(address)).toBeDefined()
  expect(Date.parse(parsed.validTo) - Date.parse(parsed.validFrom)).toBe(365 * DAY_MS)
  expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1")
  expect((await first.fetch("/v1/server", { tls: { ca: cert } })).status).toBe(200)
  expect(await protocolOf(first.origin, cert)).not.toBe("h2")
  await first.stop()
  await using second = await home.serve(["--ssl"])
  expect((await second.fetch("/v1/server", { tls: { ca: cert } })).status).toBe(200)
}, 30_000)

/** What a client that supports HTTP/2 gets. */
function protocolOf(origin: string, ca: string): Promise<string | false | null> {
  const { hostname: host, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca, ALPNProtocols: ["h2", "http/1.1"] }, () => {
      resolve(socket.alpnProtocol)
      socket.end()
    })
    socket.on("error", reject)
  })
}

test("certs/ is read as MOP does: a *.key with the first *.pem, else each *.pem by its content", async () => {
  const { cert, key } = await selfSigned(NAMES)
  const layouts: Record<string, string>[] = [
    { "server.key": key, "a.pem": cert },
    { "zz-cert.pem": cert, "my-private.pem": key },
  ]
  for (const files of layouts) {
    using home = new Home()
    place(home, files)
    await using server = await home.serve(["--ssl"])
    expect((await server.fetch("/v1/server", { tls: { ca: cert } })).status).toBe(200)
    expect(readdirSync(join(home.state, "certs")).length).toBe(2)
  }
}, 30_000)

test("an unusable certificate is an error of one sentence with the file name", async () => {
  const { cert, key } = await selfSigned(NAMES)
  const other = await selfSigned(NAMES)
  const old = await selfSigned(NAMES, new Date(Date.now() - 400 * DAY_MS))
  const coming = await selfSigned(NAMES, new Date(Date.now() + 10 * DAY_MS))
  const cases: [Record<string, string>, RegExp][] = [
    [{ "cert.pem": old.cert, "key.pem": old.key }, /cert\.pem expired on .+ptyline cert renew/],
    [{ "cert.pem": coming.cert, "key.pem": coming.key }, /cert\.pem is not valid before/],
    [{ "cert.pem": cert, "key.pem": other.key }, /key\.pem is not the key of .+cert\.pem/],
    [{ "cert.pem": cert.replace(/[A-Z]/g, "A"), "a.key": key }, /cert\.pem cannot be read/],
    [{ "cert.pem": cert, "a.key": "nothing" }, /a\.key cannot be read/],
    [{ "key.pem": key }, /key\.pem has no certificate/],
    [{ "cert.pem": cert }, /cert\.pem has no private key/],
  ]
  for (const [files, reason] of cases) {
    using home = new Home()
    place(home, files)
    const { code, stdout, stderr } = await home.run("serve", "--port", "0", "--ssl")
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr).toMatch(reason)
    expect(stderr.trimEnd().split("\n").length).toBe(1)
  }
}, 30_000)

test("cert makes, shows and renews; a certificate from another issuer is not replaced", async () => {
  using home = new Home()
  expect((await home.run("cert")).code).toBe(3)
  const made = await home.run("cert", "make", "--host", "box.example")
  expect(made.code).toBe(0)
  expect(made.stdout).toContain("localhost, 127.0.0.1, ::1, box.example")
  expect((await home.run("cert", "show")).stdout).toBe(made.stdout)
  expect((await home.run("cert", "make")).code).toBe(1)
  const renewed = await home.run("cert", "renew")
  expect(renewed.stdout).toContain("localhost, 127.0.0.1, ::1, box.example")
  expect(renewed.stdout).not.toBe(made.stdout)
  const certs = join(home.state, "certs")
  renameSync(join(certs, "key.pem"), join(certs, "their.key"))
  const { code, stderr } = await home.run("cert", "renew")
  expect([code, stderr]).toEqual([1, expect.stringContaining("ptyline did not make")])
  expect((await home.run("cert", "burn")).code).toBe(2)
}, 30_000)

test("a certificate that expires soon is a warning at the start", async () => {
  using home = new Home()
  const { cert, key } = await selfSigned(NAMES, new Date(Date.now() - 350 * DAY_MS))
  place(home, { "cert.pem": cert, "key.pem": key })
  await using server = await home.serve(["--ssl"])
  expect(server.child.stderr).toMatch(/cert\.pem expires in 14 days; renew it with: ptyline cert renew/)
})

test("--tls-cert and --tls-key are checked in the same way", async () => {
  using home = new Home()
  const old = await selfSigned(NAMES, new Date(Date.now() - 400 * DAY_MS))
  writeFileSync(join(home.path, "c.pem"), old.cert)
  writeFileSync(join(home.path, "k.pem"), old.key)
  const { code, stderr } = await home.run("serve", "--port", "0", "--tls-cert", "c.pem", "--tls-key", "k.pem")
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^ptyline serve: c\.pem expired on .+\n$/)])
})

test("cert renew replaces an expired certificate and a broken one", async () => {
  const old = await selfSigned(NAMES, new Date(Date.now() - 400 * DAY_MS))
  for (const cert of [old.cert, "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"]) {
    using home = new Home()
    place(home, { "cert.pem": cert, "key.pem": old.key })
    expect((await home.run("cert", "renew")).code).toBe(0)
    await using server = await home.serve(["--ssl"])
    const ca = readFileSync(join(home.state, "certs/cert.pem"), "utf8")
    expect((await server.fetch("/v1/server", { tls: { ca } })).status).toBe(200)
  }
}, 30_000)
