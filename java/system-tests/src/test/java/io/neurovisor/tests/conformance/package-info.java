/** The Connect protocol, judged by the public suite connectrpc.com/conformance. */
@NullMarked
package io.neurovisor.tests.conformance;

import org.jspecify.annotations.NullMarked;
