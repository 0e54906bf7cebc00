/** Artifacts on disk, such as images, kernels and templates. An artifact appears whole or not at all, is built once however many processes ask for it, and is removed only while no process uses it. */
@NullMarked
package io.neurovisor.host.store;

import org.jspecify.annotations.NullMarked;
