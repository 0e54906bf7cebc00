// A program that does not compile runs not at all.
// @exit 1
console.log("never printed");
const value = (1 + ;
