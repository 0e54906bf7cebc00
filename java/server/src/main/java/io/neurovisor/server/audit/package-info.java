/** Who has had what executed: a log that is only ever added to, and without which nothing is executed. */
@NullMarked
package io.neurovisor.server.audit;

import org.jspecify.annotations.NullMarked;
