// Signs a POST of an execute-api with the JavaScript SDK's signer, in the header and in
// the query, sends both, and prints what came back.
import { createHash, createHmac } from "node:crypto";
import http from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";

const [base, path, host] = process.argv.slice(2);
const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = process.env;

class Sha256 {
  constructor(secret) {
    this.hash = secret ? createHmac("sha256", secret) : createHash("sha256");
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.hash.digest());
  }
}

const signer = new SignatureV4({ service: "execute-api", region: "us-east-1", credentials: { accessKeyId, secretAccessKey, sessionToken }, sha256: Sha256 });
const { hostname, port } = new URL(base);
const request = (method, body) => ({ method, protocol: "http:", hostname, port: Number(port), path, query: { "a b": "c/d" }, headers: { host, "content-type": "application/json" }, body });

const send = ({ method, query, headers, body }) =>
  new Promise((resolve, reject) => {
    const text = Object.entries(query).map(([k, v]) => encodeURIComponent(k) + "=" + encodeURIComponent(v)).join("&");
    const sent = http.request({ hostname, port, path: path + "?" + text, method, headers }, (answer) => {
      let said = "";
      answer.on("data", (piece) => (said += piece));
      answer.on("end", () => resolve({ status: answer.statusCode, said }));
    });
    sent.on("error", reject);
    sent.end(body);
  });

const signed = await send(await signer.sign(request("POST", '{"quantity": 3}')));
const presigned = await send(await signer.presign(request("GET"), { expiresIn: 60 }));
console.log(JSON.stringify({ signed, presigned }));
