console.log("partial");
for (;;) {}
