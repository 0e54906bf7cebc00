/** The agent loop with real model servers. */
@NullMarked
package io.neurovisor.tests.models;

import org.jspecify.annotations.NullMarked;
