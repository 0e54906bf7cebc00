package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;

/** The memory of the C library's allocator, which holds direct buffers and the JVM's own data. */
public final class NativeHeap {
    private static final FunctionDescriptor MALLOC_TRIM = FunctionDescriptor.of(JAVA_INT, JAVA_LONG);

    private NativeHeap() {}

    /** Returns free memory of all arenas to the system; does nothing if the C library is not glibc. */
    public static void trim() {
        NativeLibrary libc = NativeLibrary.libc();
        if (libc.has("malloc_trim")) {
            // NATIVE: no pointer is passed; the result says whether anything was returned.
            int _ = libc.callInt("malloc_trim", MALLOC_TRIM, 0L);
        }
    }
}
