package io.neurovisor.server.access.keys;

/** A key that was just made, with the only copy of its secret. */
public record NewKey(AccessKey key, KeySecret secret) {}
