// How values of all kinds are shown.
const util = require("node:util");
class Shape {
  #hidden = 1;
  visible = [undefined, null, -0, 1n, Symbol("s"), /x/g, new Date(0)];
  get computed() {
    return 1;
  }
  static count = 1;
}
const cycle = { name: "cycle", map: new Map([[{ a: 1 }, new Set([1, "two"])]]) };
cycle.self = cycle;
console.log(new Shape(), Shape, cycle, [1, , 3], new Array(200).fill(7), Object.create(null), new Proxy({}, {}));
console.log([() => {}, async function named() {}, function* () {}], Promise.resolve(5), new WeakMap(), new Uint8Array(3));
console.log(util.inspect("it's \"quoted\" `all` ways\n"), util.inspect(new Error("e")).split("\n")[0], util.inspect.defaultOptions);
console.log(util.inspect({ [util.inspect.custom]: () => "custom" }), util.format("%s", Shape), util.types.isProxy(cycle));
