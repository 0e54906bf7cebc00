import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Copies the libraries of the application into the directory from which the launcher starts it. Jars that were compiled for
 * Java 5, such as picocli, are upgraded to the current class file format, including stack maps: the JVM stores no class older
 * than Java 6 in its ahead-of-time cache, and loading picocli from the jar costs each start a tenth of a second. Called by
 * the build: {@code java Application.java DIRECTORY CLASSPATH}.
 */
final class Application {
    private static final int OLDEST_CACHED = ClassFile.JAVA_6_VERSION;
    private static final int MAJOR_VERSION_OFFSET = 7;

    public static void main(String[] arguments) throws IOException {
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        for (String entry : arguments[1].split(File.pathSeparator)) {
            // The classes of the application itself are in a directory; Maven packs them into a jar.
            if (entry.endsWith(".jar")) {
                copy(Path.of(entry), directory.resolve(Path.of(entry).getFileName()));
            }
        }
    }

    private static void copy(Path library, Path jar) throws IOException {
        if (holdsOldClass(library)) {
            upgrade(library, jar);
            System.out.println("Upgraded " + jar.getFileName());
        } else {
            Files.copy(library, jar, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static boolean holdsOldClass(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : Collections.list(file.entries())) {
                if (isClass(entry) && isOld(read(file, entry))) {
                    return true;
                }
            }
            return false;
        }
    }

    private static void upgrade(Path library, Path jar) throws IOException {
        try (JarFile file = new JarFile(library.toFile());
                ZipOutputStream output = new ZipOutputStream(Files.newOutputStream(jar))) {
            ClassFile format = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(
                                    (ClassDesc name) -> open(file, name))
                            .orElse(ClassHierarchyResolver.defaultResolver())));
            for (JarEntry entry : Collections.list(file.entries())) {
                byte[] content = read(file, entry);
                ZipEntry copied = new ZipEntry(entry.getName());
                // The default is the time of the build, which differs between checkouts.
                copied.setTime(entry.getTime());
                output.putNextEntry(copied);
                output.write(isClass(entry) && isOld(content) ? upgrade(format, content) : content);
                output.closeEntry();
            }
        }
    }

    private static byte[] upgrade(ClassFile format, byte[] content) {
        ClassModel model = format.parse(content);
        // Passing each method body through generates new stack maps.
        return format.transformClass(
                model,
                ClassTransform.transformingMethodBodies((code, element) -> code.with(element))
                        .andThen((builder, element) -> {
                            if (element instanceof ClassFileVersion) {
                                builder.withVersion(ClassFile.JAVA_17_VERSION, 0);
                            } else {
                                builder.with(element);
                            }
                        }));
    }

    private static InputStream open(JarFile jar, ClassDesc name) {
        String path = name.descriptorString().substring(1, name.descriptorString().length() - 1) + ".class";
        JarEntry entry = jar.getJarEntry(path);
        try {
            return entry == null ? null : jar.getInputStream(entry);
        } catch (IOException exception) {
            throw new IllegalStateException(path, exception);
        }
    }

    private static boolean isClass(JarEntry entry) {
        return entry.getName().endsWith(".class") && !entry.getName().endsWith("module-info.class");
    }

    private static boolean isOld(byte[] content) {
        return content[MAJOR_VERSION_OFFSET] < OLDEST_CACHED;
    }

    private static byte[] read(JarFile jar, JarEntry entry) throws IOException {
        try (InputStream input = jar.getInputStream(entry)) {
            return input.readAllBytes();
        }
    }
}
