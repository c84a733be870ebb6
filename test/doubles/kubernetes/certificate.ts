/** A certificate for 127.0.0.1, made here: the double speaks HTTPS, and no private key lies in the repository. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";

/** A server's key and certificate; the certificate is its own authority. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_WITH_SHA256 = tagged(SEQUENCE, oid("1.2.840.10045.4.3.2"));
const COMMON_NAME = "2.5.4.3";
const BASIC_CONSTRAINTS = "2.5.29.19";
const ALTERNATIVE_NAMES = "2.5.29.17";

/** A self-signed certificate for 127.0.0.1 and localhost, good for ten years around now. */
export function certificateForLoopback(now = Date.now()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const name = tagged(SEQUENCE, tagged(SET, tagged(SEQUENCE, oid(COMMON_NAME), tagged(0x0c, Buffer.from("double of Kubernetes")))));
  const years = (count: number) => time(new Date(now + count * 365 * 86_400_000));
  const names = tagged(SEQUENCE, tagged(0x82, Buffer.from("localhost")), tagged(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = tagged(
    SEQUENCE,
    tagged(
      SEQUENCE,
      oid(BASIC_CONSTRAINTS),
      tagged(0x01, Buffer.from([0xff])),
      octets(tagged(SEQUENCE, tagged(0x01, Buffer.from([0xff])))),
    ),
    tagged(SEQUENCE, oid(ALTERNATIVE_NAMES), octets(names)),
  );
  const serial = createHash("sha256").update(spki).digest().subarray(0, 8);
  const body = tagged(
    SEQUENCE,
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.concat([Buffer.from([0x01]), serial])),
    ECDSA_WITH_SHA256,
    name,
    tagged(SEQUENCE, years(-5), years(5)),
    name,
    spki,
    tagged(0xa3, extensions),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = tagged(SEQUENCE, body, ECDSA_WITH_SHA256, tagged(0x03, Buffer.from([0]), signature));
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), certificate: pem(certificate) };
}

/** One element of DER: tag, length, content. */
function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length =
    body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function octets(content: Buffer): Buffer {
  return tagged(0x04, content);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = rest.flatMap((part) => {
    const septets = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) septets.unshift((left & 0x7f) | 0x80);
    return septets;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function time(date: Date): Buffer {
  return tagged(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, "")
        .slice(2)}`,
    ),
  );
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
