package vmm.fleet;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The known name that somebody probably meant. */
final class Nearest {

    private static final int LONGEST = 100;

    private Nearest() {}

    /**
     * "; did you mean 'poolSize'?", or else "; known: …" if that is short enough to help, or
     * nothing.
     */
    static String hint(String written, Collection<String> known) {
        var nearest = to(written, known);
        if (nearest.isPresent()) return "; did you mean '" + nearest.get() + "'?";
        if (known.isEmpty()) return "";
        var list = String.join(", ", known.stream().sorted().toList());
        return list.length() <= 400 ? "; known: " + list : "";
    }

    static Optional<String> to(String written, Collection<String> known) {
        if (written.length() > LONGEST) return Optional.empty();
        int far = Math.max(1, Math.min(3, written.length() / 3));
        return known.stream()
                .filter(name -> distance(plain(written), plain(name)) <= far)
                .min(
                        Comparator.<String>comparingInt(
                                        name -> distance(plain(written), plain(name)))
                                .thenComparing(Comparator.naturalOrder()));
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "");
    }

    /** How many letters must be put in, left out, changed or swapped with their neighbour. */
    private static int distance(String one, String other) {
        var d = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) d[i][0] = i;
        for (int j = 0; j <= other.length(); j++) d[0][j] = j;
        for (int i = 1; i <= one.length(); i++)
            for (int j = 1; j <= other.length(); j++) {
                char a = one.charAt(i - 1);
                char b = other.charAt(j - 1);
                d[i][j] =
                        Math.min(
                                d[i - 1][j - 1] + (a == b ? 0 : 1),
                                1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a == other.charAt(j - 2) && b == one.charAt(i - 2))
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
            }
        return d[one.length()][other.length()];
    }
}
