// The life of a journey and its event definition, through whatever client is handed in:
// call(verb, path, body) gives the answer's body and throws what the client throws.
"use strict";
const assert = require("node:assert/strict");

const J = "/interaction/v1";
const I = `${J}/interactions`;
const W = "/waystage/v1";

/** The task that the driver wrote: where the server is, who the client is, what to create there. */
function task() {
    return JSON.parse(process.env.WAYSTAGE_TASK);
}

/** One line for the driver, which shows what was done. */
function done(what) {
    process.stdout.write(`done: ${what}\n`);
}

/** The end of a validation or publication. */
async function finished(call, asked) {
    assert.ok(asked.statusUrl && asked.statusId, JSON.stringify(asked));
    for (let asking = 0; asking < 300; asking++) {
        const job = await call("GET", asked.statusUrl);
        if (!job.status.endsWith("InProcess")) {
            return job;
        }
        await new Promise((awake) => setTimeout(awake, 100));
    }
    throw new Error(`not finished in time: ${asked.statusUrl}`);
}

async function published(call, journey) {
    const asked = await call("POST", `${I}/publishAsync/${journey.id}?versionNumber=${journey.version}`, {});
    const job = await finished(call, asked);
    assert.equal(job.status, "PublishCompleted", JSON.stringify(job));
}

/** Post an event and wait until its contact rests. */
async function entered(call, definition, contactKey, data) {
    const body = { ContactKey: contactKey, EventDefinitionKey: definition.eventDefinitionKey, Data: data };
    const answer = await call("POST", `${J}/events`, body);
    assert.ok(answer.eventInstanceId, JSON.stringify(answer));
    await call("POST", `${W}/engine/settle`, { timeoutSeconds: 30 });
}

async function only(call, path) {
    const found = await call("GET", path);
    assert.equal(found.count, 1, JSON.stringify(found));
    return found.items[0];
}

async function createdAndChanged(call, { journey, definition }) {
    const event = await call("POST", `${J}/eventDefinitions`, definition);
    assert.ok(event.id && event.dataExtensionId, JSON.stringify(event));
    const first = await call("POST", I, journey);
    assert.equal(first.version, 1);
    assert.equal(first.status, "Draft");
    assert.deepEqual(
        first.activities.map((one) => one.key),
        journey.activities.map((one) => one.key),
    );
    const saved = await call("PUT", `${I}/key:${journey.key}`, { ...first, name: "Renamed" });
    assert.equal(saved.name, "Renamed");
    const again = await call("PUT", `${I}/key:${journey.key}`, saved);
    assert.equal(again.modifiedDate, saved.modifiedDate, "an unchanged journey is not modified");
    const listed = await only(call, `${I}?key=${journey.key}`);
    assert.equal(listed.modifiedDate, saved.modifiedDate, "list and single read show one date");
    done("create an event definition and a journey, change it, save it unchanged");
    return saved;
}

async function checkedAndPublished(call, { journey }, saved) {
    const asked = await call("POST", `${I}/validateAsync/${saved.id}?versionNumber=1`, {});
    const job = await finished(call, asked);
    assert.equal(job.status, "ValidateCompleted", JSON.stringify(job));
    await published(call, saved);
    assert.equal((await call("GET", `${I}/key:${journey.key}`)).status, "Published");
    done("validate and publish");
}

async function walked(call, { journey, definition, contactKey, data }) {
    await entered(call, definition, contactKey, data);
    const explained = `${W}/journeys/${journey.key}/contacts/${contactKey}`;
    const waiting = (await call("GET", explained)).passages[0];
    assert.ok(waiting.waitingFor.until, JSON.stringify(waiting));
    const { now } = await call("GET", `${W}/clock`);
    const before = await call("GET", `${W}/messages?contactKey=${contactKey}`);
    assert.equal(before.count, 0, "nothing is sent before the wait is over");
    const moved = await call("POST", `${W}/clock/advance`, { by: "P1DT1H" });
    assert.ok(moved.now > now && moved.moved >= 1, JSON.stringify(moved));
    const sent = await only(call, `${W}/messages?contactKey=${contactKey}`);
    assert.deepEqual([sent.activityKey, sent.to], ["MAIL", data.EmailAddress]);
    const { stats } = await call("GET", `${I}/key:${journey.key}`);
    assert.deepEqual([stats.cumulativePopulation, stats.currentPopulation], [1, 0]);
    done("an event, the wait, the message, the end");
}

async function haltedAndGone(call, { journey, definition }, saved) {
    const status = async () => (await call("GET", `${I}/${saved.id}?versionNumber=1`)).status;
    await call("POST", `${I}/pause/${saved.id}?versionNumber=1`, { PausedDays: 3 });
    assert.equal(await status(), "Paused");
    await call("POST", `${I}/resume/${saved.id}?versionNumber=1`, {});
    assert.equal(await status(), "Published");
    await call("POST", `${I}/stop/${saved.id}?versionNumber=1`, {});
    assert.equal(await status(), "Stopped");
    const audit = await call("GET", `${I}/${saved.id}/audit/all?versionNumber=1`);
    const actions = new Set(audit.items.map((one) => one.action));
    assert.ok(["Create", "Modify", "Publish", "Stop"].every((one) => actions.has(one)), [...actions].join());
    done("pause, resume, stop, audit");
    assert.equal(await call("DELETE", `${I}/${saved.id}?versionNumber=1`), saved.id);
    await call("DELETE", `${J}/eventDefinitions/key:${definition.eventDefinitionKey}`);
    assert.equal((await call("GET", `${I}?key=${journey.key}`)).count, 0);
    done("delete");
}

/** From the first POST to the last DELETE. */
async function life(call, given) {
    const saved = await createdAndChanged(call, given);
    await checkedAndPublished(call, given, saved);
    await walked(call, given);
    await haltedAndGone(call, given, saved);
}

/** A journey whose contacts ask a service of somebody else's for a code and are split by what it says later. */
async function customActivities(call, { custom: { journey, definition, contacts } }) {
    await call("POST", `${J}/eventDefinitions`, definition);
    const saved = await call("POST", I, journey);
    await published(call, saved);
    for (const [contactKey, data] of Object.entries(contacts)) {
        await entered(call, definition, contactKey, data);
    }
    await call("POST", `${W}/clock/advance`, { by: "P2D" });
    const { stats } = await call("GET", `${I}/key:${journey.key}`);
    const everybody = Object.keys(contacts).length;
    assert.deepEqual([stats.cumulativePopulation, stats.currentPopulation], [everybody, 0]);
    await call("POST", `${I}/stop/${saved.id}?versionNumber=1`, {});
    await call("POST", `${W}/engine/settle`, { timeoutSeconds: 30 });
    done("custom activities");
}

module.exports = { customActivities, done, life, task };
