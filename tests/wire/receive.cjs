// Verifies what it reads from standard input: {modules, secret, key, headers, body} -> {v1, v1a}.
// HMAC by npm's standardwebhooks, ed25519 (which that package lacks) by node itself.
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const { modules, secret, key, headers, body } = JSON.parse(fs.readFileSync(0, "utf8"));
const { Webhook } = require(path.join(modules, "standardwebhooks"));

function shared() {
  try {
    return JSON.stringify(new Webhook(secret).verify(body, headers));
  } catch (error) {
    return error.message;
  }
}

function paired() {
  const raw = Buffer.from(key.slice("whpk_".length), "base64");
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
  const known = crypto.createPublicKey({ key: der, format: "der", type: "spki" });
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  return headers["webhook-signature"]
    .split(" ")
    .map((one) => one.split(","))
    .some(
      ([version, text]) =>
        version === "v1a" &&
        crypto.verify(null, Buffer.from(content), known, Buffer.from(text, "base64")),
    );
}

process.stdout.write(JSON.stringify({ v1: shared(), v1a: paired() }));
