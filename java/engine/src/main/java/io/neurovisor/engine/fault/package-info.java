/** The closed list of what can go wrong, each with a stable reason. Every exception that leaves a module is a {@link io.neurovisor.engine.fault.NeuroVisorException} carrying one of them. */
@NullMarked
package io.neurovisor.engine.fault;

import org.jspecify.annotations.NullMarked;
