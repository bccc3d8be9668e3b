package vmm.fleet;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The known names that somebody probably meant. */
public final class Nearest {

    private static final int LONGEST = 100;

    /** A part of a name that is as long tells which was meant. */
    private static final int SHORTEST_PART = 3;

    private Nearest() {}

    /**
     * "; did you mean 'poolSize'?", or else "; known: …" if that is short enough to help, or
     * nothing.
     */
    public static String hint(String written, Collection<String> known) {
        var nearest = to(written, known);
        if (nearest.isPresent()) return "; did you mean '" + nearest.get() + "'?";
        if (known.isEmpty()) return "";
        var list = String.join(", ", known.stream().sorted().toList());
        return list.length() <= 400 ? "; known: " + list : "";
    }

    static Optional<String> to(String written, Collection<String> known) {
        return known.stream()
                .filter(name -> isNear(plain(written), plain(name)))
                .min(
                        Comparator.<String>comparingInt(
                                        name -> distance(plain(written), plain(name)))
                                .thenComparing(Comparator.naturalOrder()));
    }

    /**
     * Those that somebody may have meant, likeliest first: what differs by few letters, of these
     * what begins alike, then what begins with it or holds it ({@code m7i} for {@code m7i.large}).
     *
     * @param most as many at most
     */
    public static List<String> some(String written, Collection<String> known, int most) {
        String plain = plain(written);
        return known.stream()
                .distinct()
                .filter(name -> isNear(plain, plain(name)) || isPart(plain, plain(name)))
                .map(name -> Candidate.of(plain, name))
                .sorted(Candidate.LIKELIEST)
                .limit(most)
                .map(Candidate::name)
                .toList();
    }

    private record Candidate(String name, boolean near, int distance, int alike, int longer) {
        static final Comparator<Candidate> LIKELIEST =
                Comparator.comparing((Candidate c) -> !c.near)
                        .thenComparingInt(Candidate::distance)
                        .thenComparingInt(c -> -c.alike)
                        .thenComparingInt(Candidate::longer)
                        .thenComparing(Candidate::name);

        static Candidate of(String written, String name) {
            String plain = plain(name);
            boolean near = isNear(written, plain);
            return new Candidate(
                    name,
                    near,
                    near ? Nearest.distance(written, plain) : 0,
                    Nearest.alike(written, plain),
                    Math.abs(plain.length() - written.length()));
        }
    }

    /** How many letters both begin with. */
    private static int alike(String one, String other) {
        int n = 0;
        while (n < Math.min(one.length(), other.length()) && one.charAt(n) == other.charAt(n)) n++;
        return n;
    }

    private static boolean isPart(String one, String other) {
        return Math.min(one.length(), other.length()) >= SHORTEST_PART
                && (one.contains(other) || other.contains(one));
    }

    private static boolean isNear(String one, String other) {
        if (Math.max(one.length(), other.length()) > LONGEST) return false;
        return distance(one, other) <= Math.clamp(one.length() / 3, 1, 3);
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[-_ .]", "");
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
