package io.neurovisor.engine.program;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A program's code and inputs. Its textual form contains neither code nor values.
 *
 * @param code the text, 1 byte to 8 MiB in UTF-8; it is sent as a file, never in argv
 * @param arguments the program's arguments, without its own name; together with the environment at most 2 MiB
 * @param environment variables that are added to, or override, the defaults of the guest
 * @param stdin the standard input, at most 64 MiB
 * @param files files for the working directory, at most 1,000 with 64 MiB in total
 * @param limits limits below those that apply to every program
 */
public record Program(
        Language language,
        String code,
        List<String> arguments,
        Map<String, String> environment,
        ByteBuffer stdin,
        List<InputFile> files,
        Interpreter interpreter,
        ProgramLimits limits) {
    public static final int MAX_CODE_BYTES = 8 * 1024 * 1024;

    /** Fits into the message that carries it, which has room for 80 MiB. */
    public static final int MAX_STDIN_BYTES = 64 << 20;

    public Program {
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
        stdin = stdin.asReadOnlyBuffer();
        files = List.copyOf(files);
        checkCode(code);
        arguments.forEach(Program::checkArgument);
        environment.forEach(Program::checkVariable);
        ProcessWords.check(arguments, environment);
        InputFiles.check(files, language.mainFile(), stdin.remaining());
    }

    /** Creates a program with the limits that apply to every program. */
    public Program(
            Language language,
            String code,
            List<String> arguments,
            Map<String, String> environment,
            ByteBuffer stdin,
            List<InputFile> files,
            Interpreter interpreter) {
        this(language, code, arguments, environment, stdin, files, interpreter, ProgramLimits.USUAL);
    }

    public Program(Language language, String code) {
        this(language, code, List.of());
    }

    public Program(Language language, String code, List<String> arguments) {
        this(language, code, arguments, Map.of(), ByteBuffer.allocate(0), List.of(), Interpreter.WARM);
    }

    @Override
    public ByteBuffer stdin() {
        return stdin.duplicate();
    }

    @Override
    public String toString() {
        return "Program[" + language.label() + ", " + code.length() + " characters]";
    }

    private static void checkCode(String code) {
        if (code.isBlank()) {
            throw NeuroVisorException.invalid("code", "code is empty; give the program's text");
        }
        if (code.indexOf('\0') >= 0) {
            throw NeuroVisorException.invalid(
                    "code", "code holds a NUL byte, which no source text can; pass data as a file instead");
        }
        // A UTF-16 unit is at least one byte of UTF-8, so this cheap test avoids encoding an oversized text.
        long bytes = code.length() > MAX_CODE_BYTES ? code.length() : code.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_CODE_BYTES) {
            throw NeuroVisorException.invalid(
                    "code",
                    "code has " + bytes + " bytes and at most " + MAX_CODE_BYTES
                            + " (8 MiB) are allowed; pass data as a file instead");
        }
    }

    private static void checkArgument(String argument) {
        if (argument.indexOf('\0') >= 0) {
            throw NeuroVisorException.invalid(
                    "arguments", "an argument holds a NUL byte, which no program can receive; remove it");
        }
    }

    /** Values are secrets: messages show names only. */
    private static void checkVariable(String name, String value) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
            throw NeuroVisorException.invalid(
                    "environment",
                    "environment variable \"" + FilePath.shown(name)
                            + "\" has a name that is empty or holds '=' or NUL; choose another");
        }
        if (value.indexOf('\0') >= 0) {
            throw NeuroVisorException.invalid(
                    "environment",
                    "environment variable " + FilePath.shown(name)
                            + " holds a NUL byte, which no program can receive; remove it");
        }
    }
}
