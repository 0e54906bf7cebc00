package io.neurovisor.host.spawner;

/** What keeps a VMM in. */
public sealed interface Confinement permits Jail, Chroot {}
