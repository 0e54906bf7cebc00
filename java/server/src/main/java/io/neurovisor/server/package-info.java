/**
 * Creates a running NeuroVisor from its settings: installed components, their wiring, and the running instance. Also
 * the commands' maintenance of the data directory.
 */
@NullMarked
package io.neurovisor.server;

import org.jspecify.annotations.NullMarked;
