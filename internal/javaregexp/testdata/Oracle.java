import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.regex.*;

/**
 * Answers regular expression questions with java.util.regex.
 *
 *     java Oracle.java < cases.jsonl > vectors.jsonl
 *
 * A question is a JSON array of strings: operation, pattern, input and, for
 * some operations, an argument. The answer is the same array with one member
 * more: the result, or {"error": message}. Answers are flushed line by line.
 */
public class Oracle {
    public static void main(String[] args) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), true);
        for (String line; (line = in.readLine()) != null; ) {
            List<String> q = read(line);
            StringBuilder b = new StringBuilder("[");
            for (String s : q) quote(b, s).append(", ");
            out.println(b.append(answer(q)).append("]"));
        }
    }

    static String answer(List<String> q) {
        String p = q.get(1), s = q.get(2), arg = q.size() > 3 ? q.get(3) : "";
        StringBuilder b = new StringBuilder();
        try {
            switch (q.get(0)) {
                case "matches": return "" + s.matches(p);
                case "replaceAll": return quote(b, s.replaceAll(p, arg)).toString();
                case "replaceFirst": return quote(b, s.replaceFirst(p, arg)).toString();
                case "split": return list(Arrays.asList(s.split(p, Integer.parseInt(arg))));
                case "find": return find(p, s);
                case "members": return members(p);
                default: throw new IllegalArgumentException("operation " + q.get(0));
            }
        } catch (PatternSyntaxException e) {
            return quote(b.append("{\"error\": "), "syntax: " + e.getDescription()).append("}").toString();
        } catch (RuntimeException e) {
            return quote(b.append("{\"error\": "), "run: " + e.getMessage()).append("}").toString();
        } catch (StackOverflowError e) {
            return "{\"error\": \"run: stack overflow\"}";
        }
    }

    /** Every match with its groups. */
    static String find(String p, String s) {
        StringJoiner all = new StringJoiner(", ", "[", "]");
        Matcher m = Pattern.compile(p).matcher(s);
        while (m.find()) {
            List<String> groups = new ArrayList<>();
            for (int i = 0; i <= m.groupCount(); i++) groups.add(m.group(i));
            all.add(list(groups));
        }
        return all.toString();
    }

    /** The code points up to U+052F, and from U+1E00 to U+206F, that a pattern matches, as ranges. */
    static String members(String p) {
        Pattern c = Pattern.compile(p);
        List<String> out = new ArrayList<>();
        int start = -1;
        for (int i = 0; i <= 0x2070; i++) {
            boolean in = (i < 0x530 || i >= 0x1e00 && i < 0x2070) && c.matcher(new String(Character.toChars(i))).matches();
            if (in && start < 0) start = i;
            if (!in && start >= 0) {
                out.add(String.format("%x-%x", start, i - 1));
                start = -1;
            }
        }
        return list(out);
    }

    static String list(List<String> l) {
        StringJoiner j = new StringJoiner(", ", "[", "]");
        for (String s : l) j.add(s == null ? "null" : quote(new StringBuilder(), s).toString());
        return j.toString();
    }

    static StringBuilder quote(StringBuilder b, String s) {
        b.append('"');
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') b.append('\\').append(c);
            else if (c < 0x20 || c > 0x7e) b.append(String.format("\\u%04x", (int) c));
            else b.append(c);
        }
        return b.append('"');
    }

    /** Reads a JSON array of strings. */
    static List<String> read(String line) {
        List<String> out = new ArrayList<>();
        StringBuilder b = null;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (b == null) {
                if (c == '"') b = new StringBuilder();
            } else if (c == '"') {
                out.add(b.toString());
                b = null;
            } else if (c == '\\') {
                c = line.charAt(++i);
                if (c == 'u') {
                    b.append((char) Integer.parseInt(line.substring(i + 1, i + 5), 16));
                    i += 4;
                } else {
                    int at = "bfnrt".indexOf(c);
                    b.append(at < 0 ? c : "\b\f\n\r\t".charAt(at));
                }
            } else b.append(c);
        }
        return out;
    }
}
