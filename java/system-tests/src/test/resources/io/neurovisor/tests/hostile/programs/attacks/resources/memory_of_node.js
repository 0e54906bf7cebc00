// Takes all memory outside of the heap that Node bounds.
// @promise guest account
// @layer guest
// @line begun
// @outcome OUT_OF_MEMORY
// @killed .*
"use strict";
console.log("begun");
const hoard = [];
for (;;) hoard.push(Buffer.alloc(1 << 22, 1));
