/** Where the lives of sandboxes are reported: to listeners, and to records that outlive the process. */
@NullMarked
package io.neurovisor.engine.sandbox.report;

import org.jspecify.annotations.NullMarked;
