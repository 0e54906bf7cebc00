/** NeuroVisor as a service: its ports, health, readiness and orderly shutdown. */
@NullMarked
package io.neurovisor.server.daemon;

import org.jspecify.annotations.NullMarked;
