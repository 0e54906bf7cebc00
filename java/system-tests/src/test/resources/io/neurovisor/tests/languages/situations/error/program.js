function broken() {
  throw new TypeError("this is broken");
}

broken();
