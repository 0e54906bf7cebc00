/**
 * The interfaces for starting, connecting, saving and destroying virtual machines. Each VMM implements them outside of
 * the engine.
 */
@NullMarked
package io.neurovisor.engine.vm;

import org.jspecify.annotations.NullMarked;
