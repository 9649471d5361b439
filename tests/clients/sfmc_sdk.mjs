// The published sfmc-sdk, as mcdev uses it: its generic verbs, its paging, its SOAP, its errors.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { customActivities, done, life, task } = createRequire(import.meta.url)("./life.cjs");
const given = task();
const { default: SDK } = await import(pathToFileURL(createRequire(given.modules).resolve("sfmc-sdk")));

const sdk = new SDK(
    {
        client_id: given.clientId,
        client_secret: given.clientSecret,
        auth_url: given.authUrl,
        account_id: given.accountId,
    },
    { retryOnConnectionError: true, requestAttempts: 2 },
);

// What the preloaded redirect.cjs does for a client that asks with fetch.
const asked = { grant_type: "client_credentials", client_id: given.clientId, client_secret: given.clientSecret };
const token = await fetch(`${given.authUrl}v2/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(asked),
});
assert.equal((await token.json()).rest_instance_url, `${given.address}/`);

const call = (verb, path, body) => sdk.rest[verb.toLowerCase()](path, body);

await life(call, given);
await customActivities(call, given);

const bulk = await sdk.rest.getBulk("/interaction/v1/interactions?extras=all", 500);
assert.ok(bulk.count >= 1 && bulk.items.length === bulk.count && bulk.pageSize === 500, JSON.stringify(bulk));
done("getBulk");
await assert.rejects(() => sdk.rest.get("/interaction/v1/interactions/key:nobody"), (error) => {
    assert.equal(error.response.status, 404);
    assert.ok(error.message && Number.isInteger(error.code), error.message);
    return true;
});
sdk.auth.authObject.access_token = "expired";
assert.ok((await sdk.rest.get("/interaction/v1/interactions")).items, "a refused token is renewed");
done("errors and renewal");
