/** The ports through which virtual machines are started, connected, saved and destroyed. Each VMM implements them outside the engine. */
@NullMarked
package io.neurovisor.engine.vm;

import org.jspecify.annotations.NullMarked;
