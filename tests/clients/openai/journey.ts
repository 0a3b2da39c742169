// What OpenAI's clients must be able to do with the registry as their server. Run by scripts/clients.sh.

import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, embed, generateText, streamText } from "ai";
import OpenAI, { type APIError } from "openai";

const { ORK_URL: registry, ORK_API_KEY: apiKey } = process.env;
assert.ok(registry && apiKey, "ORK_URL and ORK_API_KEY say which registry is meant");

// A server in the manner of vLLM: it has one name, and answers 404 to any other.
const served = "Qwen/Qwen2.5-7B-Instruct";
const seen: { path: string; body: string }[] = [];
let closed = 0;

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts).toString("utf8");
    assert.equal(request.headers["content-length"], String(Buffer.byteLength(body)));
    seen.push({ path: request.url ?? "", body });
    answer(request, response, body);
  });
});
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;

try {
  const name = `org/chat@${process.pid}-${Date.now()}`;
  await post("/v1/model_versions", {
    model_name: name, publish: true, promote: true, serving: { url, served_name: served, openai_paths: ["classify"] },
  });
  await withOpenAI(name);
  await withTheAiSdk(name);
  console.log(`openai and ai have called ${name} ${seen.length} times`);
} finally {
  server.close();
  server.closeAllConnections();
}

async function withOpenAI(name: string): Promise<void> {
  const client = new OpenAI({ baseURL: `${registry}/openai/v1`, apiKey, maxRetries: 0 });

  const models: OpenAI.Model[] = [];
  for await (const model of client.models.list()) {
    models.push(model);
  }
  const listed = models.find((model) => model.id === name);
  assert.equal(listed?.object, "model");
  assert.ok(Math.abs(listed.created - Date.now() / 1000) < 600);
  assert.equal((await client.models.retrieve(name)).id, name);
  assert.equal((await client.models.retrieve(`${name}@^0.1`)).id, `${name}@0.1.0`);

  const { data: chat, response, request_id } = await client.chat.completions
    .create({ messages: [{ role: "user", content: "hi" }], model: name }).withResponse();
  assert.equal(chat.choices[0]?.message.content, "hello");
  assert.equal(chat.model, served);
  assert.equal(response.headers.get("Model-Version"), "0.1.0");
  assert.match(request_id ?? "", /^[0-9a-f]{32}$/);
  assert.equal(JSON.parse(last().body).model, served);
  assert.equal(last().path, "/v1/chat/completions");

  const told: string[] = [];
  for await (const part of await client.chat.completions.create({ messages: [{ role: "user", content: "hi" }], model: `${name}@0.1.0`, stream: true })) {
    told.push(part.choices[0]?.delta.content ?? "");
  }
  assert.deepEqual(told, ["hel", "lo"]);

  const endless = await client.chat.completions.create({ messages: [{ role: "user", content: "endless" }], model: name, stream: true });
  const before = closed;
  for await (const part of endless) {
    assert.equal(part.choices[0]?.delta.content, "again");
    endless.controller.abort();
  }
  await until(() => closed === before + 1, "the server hears that the caller has gone");

  const embedding = await client.embeddings.create({ input: "hi", model: name, encoding_format: "float" });
  assert.deepEqual(embedding.data[0]?.embedding, [0.5, 0.25]);

  const responded = await client.responses.create({ input: "hi", model: name });
  assert.equal(responded.output_text, "hello");

  // The client writes the file before the model, or behind it, as the fields stand.
  const audio = new File([Buffer.alloc(9 << 20, "\r")], "speech.wav");
  assert.equal((await client.audio.transcriptions.create({ file: audio, model: name })).text, `${served} ${9 << 20}`);
  assert.equal((await client.audio.transcriptions.create({ model: name, file: audio })).text, `${served} ${9 << 20}`);

  const long = "x".repeat(12 << 20);
  const answered = await client.chat.completions.create({ messages: [{ role: "user", content: long }], model: name });
  assert.equal(answered.usage?.prompt_tokens, long.length);
  const sent = JSON.parse(last().body);
  assert.deepEqual([Object.keys(sent)[0], sent.model], ["messages", served]);

  assert.deepEqual(await client.post("/classify", { body: { input: "hi", model: name } }), { data: [], model: served });

  await refused(client.models.retrieve("none"), OpenAI.NotFoundError, "model_not_found");
  await refused(client.chat.completions.create({ messages: [], model: "none" }), OpenAI.NotFoundError, "model_not_found");
  await refused(client.chat.completions.create({ messages: [], model: `${name}@^9` }), OpenAI.NotFoundError, "no_matching_version");
  await refused(client.files.list(), OpenAI.NotFoundError, "not_found");
  const invalid = await refused(client.post("/completions", { body: {} }), OpenAI.BadRequestError, "validation_failed");
  assert.deepEqual([invalid.type, invalid.param], ["invalid_request_error", "model"]);
  const stranger = new OpenAI({ baseURL: `${registry}/openai/v1`, apiKey: "ork_nobody", maxRetries: 0 });
  await refused(stranger.models.list(), OpenAI.AuthenticationError, "unauthenticated");

  // A version without served_name gets the name as it was written, and refuses in its own words.
  const plain = `${name}-plain`;
  await post("/v1/model_versions", { model_name: plain, publish: true, promote: true, serving: { url } });
  const own = await refused(client.chat.completions.create({ messages: [], model: plain }), OpenAI.NotFoundError, 404);
  assert.match(own.message, /does not exist/);
}

async function withTheAiSdk(name: string): Promise<void> {
  const provider = createOpenAI({ baseURL: `${registry}/openai/v1`, apiKey: apiKey as string });

  assert.equal((await generateText({ model: provider.chat(name), prompt: "hi", maxRetries: 0 })).text, "hello");
  assert.equal((await generateText({ model: provider.responses(name), prompt: "hi", maxRetries: 0 })).text, "hello");
  const told: string[] = [];
  for await (const part of streamText({ model: provider.chat(`${name}@*`), prompt: "hi", maxRetries: 0 }).textStream) {
    told.push(part);
  }
  assert.equal(told.join(""), "hello");
  assert.deepEqual((await embed({ model: provider.embedding(name), value: "hi", maxRetries: 0 })).embedding, [0.5, 0.25]);

  await assert.rejects(generateText({ model: provider.chat("none"), prompt: "hi", maxRetries: 0 }), (error: unknown) => {
    assert.ok(APICallError.isInstance(error), String(error));
    assert.deepEqual([error.statusCode, error.message], [404, "There is no model 'none'."]);
    return true;
  });
}

async function refused<T extends APIError>(
  call: PromiseLike<unknown>, kind: abstract new (...all: never[]) => T, code: string | number,
): Promise<T> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof kind, String(error));
    assert.equal(error.code, code);
    assert.match(error.requestID ?? "", /^[0-9a-f]{32}$/);
    return error;
  }
  throw new Error(`${code} was expected`);
}

async function post(path: string, body: object): Promise<void> {
  const answered = await fetch(registry + path, {
    method: "POST", headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  assert.equal(answered.status, 201, await answered.text());
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 600, what);
    await new Promise((over) => setTimeout(over, 50));
  }
}

function last(): { path: string; body: string } {
  const request = seen.at(-1);
  assert.ok(request);
  return request;
}

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
  if (request.headers["content-type"]?.startsWith("multipart/form-data")) {
    const model = /name="model"\r\n\r\n([^\r]*)\r\n/.exec(body)?.[1];
    const file = /filename="speech.wav"\r\n(?:[^\r]+\r\n)*\r\n(\r*)\r\n--/.exec(body)?.[1];
    return json(response, 200, { text: `${model} ${file?.length}` });
  }
  const asked = JSON.parse(body);
  if (asked.model !== served) {
    return json(response, 404, { error: { message: `The model \`${asked.model}\` does not exist.`, type: "NotFoundError", param: "model", code: 404 } });
  }
  const about = { id: "1", created: 1, model: served };
  const text = String(asked.messages?.[0]?.content ?? "");
  switch (request.url) {
    case "/v1/embeddings":
      return json(response, 200, { object: "list", model: served, data: [{ object: "embedding", index: 0, embedding: [0.5, 0.25] }], usage: { prompt_tokens: 1, total_tokens: 1 } });
    case "/v1/classify":
      return json(response, 200, { data: [], model: served });
    case "/v1/responses":
      return json(response, 200, {
        id: "resp_1", object: "response", created_at: 1, model: served, status: "completed", error: null, incomplete_details: null,
        output: [{ id: "msg_1", type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text: "hello", annotations: [] }] }],
        usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
      });
    default:
      return asked.stream
        ? stream(response, about, text)
        : json(response, 200, {
            ...about, object: "chat.completion", choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "hello" } }],
            usage: { prompt_tokens: text.length, completion_tokens: 1, total_tokens: text.length + 1 },
          });
  }
}

function stream(response: ServerResponse, about: object, text: string): void {
  const part = (content: string, reason: string | null = null) => response.write(
    `data: ${JSON.stringify({ ...about, object: "chat.completion.chunk", choices: [{ index: 0, finish_reason: reason, delta: { content } }] })}\n\n`);
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  if (text === "endless") {
    part("again");
    response.on("close", () => closed++);
    return;
  }
  part("hel");
  part("lo", "stop");
  response.end("data: [DONE]\n\n");
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
