package io.neurovisor.server;

/** The version of this build. */
public final class ProductVersion {
    private ProductVersion() {}

    /** Returns the version, such as {@code 0.1.0}, or {@code unpackaged} for classes outside of a jar. */
    public static String current() {
        String version = ProductVersion.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }
}
