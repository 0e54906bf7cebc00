// Stacks across awaits name the functions that wait.
async function first() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  throw new Error("deep down");
}
async function second() {
  await first();
}
async function third() {
  try {
    await second();
  } catch (error) {
    console.log(error.stack);
  }
}
third();
