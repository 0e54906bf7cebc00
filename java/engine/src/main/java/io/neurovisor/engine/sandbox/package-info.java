/** The isolated environment one execution runs in, and the ports through which virtual machines are started. A sandbox serves one execution and is destroyed. */
@NullMarked
package io.neurovisor.engine.sandbox;

import org.jspecify.annotations.NullMarked;
