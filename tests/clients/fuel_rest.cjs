// The published fuel-rest with fuel-auth in its OAuth2 mode, which sends every path in lower case.
"use strict";
const assert = require("node:assert/strict");
const { createRequire } = require("node:module");
const { done, life, task } = require("./life.cjs");

const given = task();
const FuelRest = createRequire(given.modules)("fuel-rest");

const client = new FuelRest({
    auth: {
        clientId: given.clientId,
        clientSecret: given.clientSecret,
        authUrl: `${given.address}/v2/token`,
        authOptions: { authVersion: 2, accountId: String(given.accountId) },
    },
});

async function answer(verb, path, body) {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    // The client lower-cases the whole URI. That is as good for names and keys; contact keys are data, and go apart.
    const [uri, contactKey] = path.split("?contactKey=");
    const apart = contactKey ? { qs: { contactKey } } : {};
    return client[verb.toLowerCase()]({ uri, ...apart, ...sent });
}

async function call(verb, path, body) {
    const { res, body: said } = await answer(verb, path, body);
    assert.ok(res.statusCode < 300, `${verb} ${path}: ${res.statusCode} ${JSON.stringify(said)}`);
    return said;
}

async function main() {
    await life(call, given);
    const { res, body } = await answer("GET", "/interaction/v1/interactions/key:nobody");
    assert.equal(res.statusCode, 404);
    assert.ok(body.message && Number.isInteger(body.errorcode), JSON.stringify(body));
    client.AuthClient.accessToken = "expired";
    // Its repetition with the new token goes to .../undefined unless ".com/" is in the server's address; the next is well.
    await answer("GET", "/interaction/v1/interactions");
    assert.notEqual(client.AuthClient.accessToken, "expired", "a refused token is renewed");
    assert.ok((await call("GET", "/interaction/v1/interactions")).items);
    done("errors and renewal");
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
