package vmm.simulation;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** The dice of one seed for one purpose: a purpose that rolls once more changes no other. */
final class Dice {
    private final SplittableRandom random;

    Dice(long seed, String purpose) {
        long mixed = seed * 0x9e3779b97f4a7c15L;
        for (char c : purpose.toCharArray()) mixed = (mixed ^ c) * 0x100000001b3L;
        this.random = new SplittableRandom(mixed);
    }

    RandomGenerator source() {
        return random;
    }

    boolean chance(double ratio) {
        return random.nextDouble() < ratio;
    }

    /** Both ends included. */
    int between(int least, int most) {
        return random.nextInt(least, most + 1);
    }

    double ratio(double least, double most) {
        return least + (most - least) * random.nextDouble();
    }

    Duration seconds(double least, double most) {
        return Duration.ofMillis(Math.round(1000 * ratio(least, most)));
    }

    Duration minutes(double least, double most) {
        return seconds(60 * least, 60 * most);
    }

    <T> T pick(List<T> some) {
        return some.get(random.nextInt(some.size()));
    }
}
