package io.neurovisor.cli.screen;

import io.neurovisor.engine.program.Language;
import java.util.Set;

/** The keywords of the languages. */
final class Keywords {
    private static final Set<String> PYTHON = words("""
            False None True and as assert async await break case class continue def del elif else except finally
            for from global if import in is lambda match nonlocal not or pass raise return try while with yield
            """);

    private static final Set<String> BASH = words("""
            case do done elif else esac exit export fi for function if in local return set then until while
            """);

    private static final Set<String> JAVASCRIPT = words("""
            async await break case catch class const continue default delete do else export extends false
            finally for function if import in instanceof let new null of return static super switch this throw
            true try typeof undefined var void while yield
            """);

    private static final Set<String> GO = words("""
            break case chan const continue default defer else fallthrough false for func go goto if import
            interface map nil package range return select struct switch true type var
            """);

    private static final Set<String> RUST = words("""
            as async await break const continue crate dyn else enum extern false fn for if impl in let loop
            match mod move mut pub ref return self Self static struct super trait true type unsafe use where
            while
            """);

    private Keywords() {}

    static Set<String> of(Language language) {
        return switch (language) {
            case PYTHON -> PYTHON;
            case BASH -> BASH;
            case JAVASCRIPT -> JAVASCRIPT;
            case GO -> GO;
            case RUST -> RUST;
        };
    }

    private static Set<String> words(String text) {
        return Set.of(text.strip().split("\\s+", -1));
    }
}
