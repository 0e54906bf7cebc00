package io.neurovisor.host.spawner;

/** The confinement of a VMM. */
public sealed interface Confinement permits Jail, Chroot {}
