// Workers of a cluster run the same program.
const cluster = require("node:cluster");
if (cluster.isPrimary) {
  console.log("primary", cluster.isMaster, Object.keys(cluster.workers).length, cluster.schedulingPolicy);
  cluster.fork({ WORKER_NAME: "first" });
  cluster.on("message", (worker, message) => console.log(worker.id, message));
  cluster.on("exit", (worker, code) => console.log("exit", worker.id, code, worker.exitedAfterDisconnect));
} else {
  process.send([process.env.WORKER_NAME, cluster.worker.id, require.main === module], () => process.exit(2));
}
