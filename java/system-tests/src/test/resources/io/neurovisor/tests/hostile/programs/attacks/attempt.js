// How hostile programs in JavaScript attempt something and tell what came of it.
"use strict";

exports.tell = (verdict, what, ...how) => console.log(verdict, what, ...how.map((part) => String(part).slice(0, 200)));

exports.held = (what, promised, ...how) => exports.tell(promised ? "HELD" : "ESCAPED", what, ...how);

// What ends without an error has worked.
exports.attempt = (what, action) => {
  try {
    exports.tell("ESCAPED", what, action());
  } catch (error) {
    exports.tell("REFUSED", what, error.code ?? error.message);
  }
};
