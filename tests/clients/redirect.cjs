// Loaded before a client: node --require redirect.cjs ..., or NODE_OPTIONS="--require /path/to/redirect.cjs".
// mcdev and sfmc-sdk take no other address than https://<28 characters>.auth.marketingcloudapis.com/ to ask for a token.
// This sends what is asked of the name below to WAYSTAGE_ADDRESS, and nothing else: every other request follows the
// addresses in its answer, and hosted accounts in the same project are reached as before.
"use strict";
const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");

const server = new URL(process.env.WAYSTAGE_ADDRESS || "http://127.0.0.1:8080");
const NAME = "mcwaystage000000000000000000.auth.marketingcloudapis.com";
const { request: originalRequest } = https;
const { fetch: originalFetch } = globalThis;

https.request = function request(options, ...rest) {
    if ((options?.hostname ?? options?.host) !== NAME) {
        return originalRequest.call(https, options, ...rest);
    }
    const there = {
        ...options,
        protocol: server.protocol,
        host: server.hostname,
        hostname: server.hostname,
        port: server.port,
        agent: undefined,
    };
    return server.protocol === "https:" ? originalRequest.call(https, there, ...rest) : http.request(there, ...rest);
};
globalThis.fetch = function fetch(asked, ...rest) {
    const hosted = `https://${NAME}/`;
    const there = String(asked).startsWith(hosted) ? String(asked).replace(hosted, `${server.origin}/`) : asked;
    return originalFetch(there, ...rest);
};
syncBuiltinESMExports();
