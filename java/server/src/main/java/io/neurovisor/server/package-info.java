/** Puts the parts together: settings in, a running NeuroVisor out. All wiring is in one readable class. */
@NullMarked
package io.neurovisor.server;

import org.jspecify.annotations.NullMarked;
