const { GREETING, HOME, SECRET } = process.env;
console.log(GREETING, HOME, SECRET === undefined ? "False" : "True");
