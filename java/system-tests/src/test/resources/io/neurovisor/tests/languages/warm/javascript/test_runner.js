// The built-in test runner: results, failures and the exit code.
// @exit 1
const assert = require("node:assert/strict");
const { describe, it, mock, test, beforeEach } = require("node:test");
test("passes", () => assert.equal(1 + 1, 2));
test("is skipped", { skip: "not today" }, () => assert.fail());
describe("a suite", () => {
  const spy = mock.fn((number) => number + 1);
  beforeEach(() => spy(1));
  it("has mocks", () => assert.equal(spy.mock.calls.length, 1));
  it("fails", () => assert.equal(spy(1), 3));
});
// The report holds times, so that only the end counts here.
const write = process.stdout.write;
process.stdout.write = (chunk, ...rest) =>
  write.call(process.stdout, String(chunk).replace(/(duration_ms:?) [\d.]+/g, "$1 TIME"), ...rest);
