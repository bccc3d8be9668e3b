package vmm.identity;

import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What can be known about the hash of a password before anybody tries it. */
final class Passwords {

    private static final Pattern FORM = Pattern.compile("\\{([^{}]*)}(.*)", Pattern.DOTALL);
    private static final Pattern BCRYPT =
            Pattern.compile("\\$2[aby]?\\$(\\d\\d)\\$[./0-9A-Za-z]{53}");
    private static final String HOW =
            "'htpasswd -nB NAME' prints one for bcrypt, write it after {bcrypt}";

    private static final Set<String> SLOW =
            Set.of(
                    "bcrypt",
                    "pbkdf2",
                    "pbkdf2@SpringSecurity_v5_8",
                    "scrypt",
                    "scrypt@SpringSecurity_v5_8",
                    "argon2",
                    "argon2@SpringSecurity_v5_8");
    private static final Set<String> QUICK =
            Set.of("noop", "ldap", "MD4", "MD5", "SHA-1", "SHA-256", "sha256");

    private Passwords() {}

    /**
     * Why nobody could ever sign in with this (said so that it can follow "the password"), or null.
     */
    static @Nullable String whyUnusable(String hash) {
        Matcher form = FORM.matcher(hash);
        if (!form.matches()) {
            return "is in plain text; write its hash with its kind, as in \"{bcrypt}$2y$10$…\" ("
                    + HOW
                    + ")";
        }
        String kind = form.group(1);
        String rest = form.group(2);
        if (!SLOW.contains(kind) && !QUICK.contains(kind)) {
            return "is of the unknown kind {" + kind + "}; use {bcrypt} (" + HOW + ")";
        }
        if (rest.isEmpty()) {
            return "is empty";
        }
        if (kind.equals("bcrypt")) {
            Matcher bcrypt = BCRYPT.matcher(rest);
            return bcrypt.matches()
                            && Integer.parseInt(bcrypt.group(1)) >= 4
                            && Integer.parseInt(bcrypt.group(1)) <= 16
                    ? null
                    : "is no bcrypt hash (60 characters, $2y$10$…, cost 04 to 16; has a shell eaten"
                            + " its $?); "
                            + HOW;
        }
        if ((kind.startsWith("scrypt") || kind.startsWith("argon2"))
                && !ClassUtils.isPresent("org.bouncycastle.crypto.params.Argon2Parameters", null)) {
            return "is of the kind {"
                    + kind
                    + "}, for which this build has no library; use {bcrypt}";
        }
        return null;
    }

    /** Whether guessing it takes time. */
    static boolean slow(String hash) {
        Matcher form = FORM.matcher(hash);
        return form.matches() && SLOW.contains(form.group(1));
    }
}
