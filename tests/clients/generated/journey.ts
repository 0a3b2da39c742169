// What a generated client must be able to do: deploy, publish, predict, read events. Run by scripts/clients.sh.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "./client/client/index.js";
import type { Event } from "./client/types.gen.js";
import { deploy, getMe, getModel, getServer, getVersion, listModelEvents, predict, publish } from "./client/sdk.gen.js";

const { ORK_URL: baseUrl, ORK_API_KEY: key } = process.env;
assert.ok(baseUrl && key, "ORK_URL and ORK_API_KEY say which registry is meant");
const client = createClient({ baseUrl, auth: key });

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ path: request.url, got: JSON.parse(body) }));
  });
});
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`;

try {
  const about = (await getServer({ client, throwOnError: true })).data;
  assert.equal(about.api, "v1");
  const me = (await getMe({ client, throwOnError: true })).data;
  assert.ok(me.permissions.includes("deploy"));

  const name = `org/generated@${process.pid}-${Date.now()}`;
  const draft = (await deploy({ client, throwOnError: true, body: { model_name: name, version_bump: "MAJOR", serving: { url } } })).data;
  assert.equal(draft.version, "1.0.0");
  assert.equal(draft.state, "draft");

  const published = (await publish({ client, throwOnError: true, path: { id: `${name}@1.0.0` }, body: { promote: true } })).data;
  assert.equal(published.version.id, draft.id);
  assert.equal(published.primary_change?.to, draft.id);

  const model = await getModel({ client, throwOnError: true, path: { model: name } });
  assert.equal(model.data.primary?.version_id, draft.id);
  assert.equal(model.response.headers.get("ETag"), model.data.etag);

  const predicted = await predict({ client, throwOnError: true, path: { model: name }, body: { instances: [[1, 2]] } });
  assert.deepEqual(predicted.data, { path: "/model", got: { instances: [[1, 2]] } });
  assert.equal(predicted.response.headers.get("Model-Version"), "1.0.0");

  const refused = await getVersion({ client, path: { id: "0000000000-1" } });
  assert.equal(refused.error?.code, "version_not_found");
  assert.equal(refused.response?.headers.get("Registry-Problem"), "version_not_found");

  const types = ["model.created", "version.deployed", "version.published", "primary.changed"] as const;
  const events = (await listModelEvents({ client, throwOnError: true, path: { model: name }, query: { type: [...types] } })).data.items;
  assert.deepEqual(events.map(told), [`made ${name}`, "deployed 1.0.0", "version.published", `primary ${draft.id}`]);
  console.log(`a generated client has deployed, published, called and read ${events.length} events of ${name}`);
} finally {
  server.close();
}

// The type of an event says which data it has.
function told(event: Event): string {
  switch (event.type) {
    case "model.created":
      return `made ${event.data.name}`;
    case "version.deployed":
      return `deployed ${event.data.version}`;
    case "primary.changed":
      return `primary ${event.data.to}`;
    default:
      return event.type;
  }
}
