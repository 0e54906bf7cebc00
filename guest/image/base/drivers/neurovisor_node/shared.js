// The words of memory that the main thread and the thread of the socket share.
"use strict";

module.exports = {
  // The bytes that have been sent to the socket and not been written.
  UNWRITTEN: 0,
  // 1 while the main thread is being terminated, so that only code of users runs then.
  TERMINATING: 1,
  // How often the agent has asked to refresh.
  REFRESHES: 2,
  WORDS: 3,
};
