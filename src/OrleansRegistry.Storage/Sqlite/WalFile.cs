using System.Buffers.Binary;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>
/// Reads a write-ahead log as SQLite does when it opens one: up to the first frame whose checksum is wrong. What stands
/// behind that frame is lost, and SQLite says nothing.
/// </summary>
internal static class WalFile
{
    private const int HeaderSize = 32;
    private const int FrameHeaderSize = 24;

    /// <summary>
    /// How many transactions of the log stand behind the one where SQLite will stop. There are none after a crash or a
    /// power cut, which interrupts the last one: of that, pages may be on the disk in any order, its end among them.
    /// </summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static int CountLost(string file)
    {
        if (!File.Exists(file))
        {
            return 0;
        }

        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var header = new byte[HeaderSize];
        if (stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize)
        {
            return 0;
        }

        var size = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8));
        var isPageSize = size is >= 512 and <= 65_536 && (size & (size - 1)) == 0;
        var isBigEndian = (header[3] & 1) != 0;
        var sum = Sum(default, header.AsSpan(0, 24), isBigEndian);
        var isSound = isPageSize && (BinaryPrimitives.ReadUInt32BigEndian(header) & ~1u) == 0x377F0682 && sum == ReadSum(header.AsSpan(24));
        return Count(stream, header, isPageSize ? (int)size : 4096, sum, isBigEndian, isSound);
    }

    private static int Count(Stream stream, byte[] header, int pageSize, (uint, uint) sum, bool isBigEndian, bool isSound)
    {
        var frame = new byte[FrameHeaderSize + pageSize];
        // What an earlier use of the file has left behind has other salts.
        var salts = isSound ? header.AsSpan(16, 8).ToArray() : null;
        var lost = 0;
        // The frame that can't be read belongs to a transaction that goes on behind it.
        var isInterrupted = !isSound;
        while (stream.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length)
        {
            salts ??= frame.AsSpan(8, 8).ToArray();
            if (!frame.AsSpan(8, 8).SequenceEqual(salts))
            {
                // A frame may be damaged just there; the next one says whether the log goes on.
                isInterrupted |= isSound;
                isSound = false;
                continue;
            }

            var isEnd = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4)) != 0;
            if (!isSound)
            {
                lost += isEnd && !isInterrupted ? 1 : 0;
                isInterrupted &= !isEnd;
                continue;
            }

            sum = Sum(Sum(sum, frame.AsSpan(0, 8), isBigEndian), frame.AsSpan(FrameHeaderSize), isBigEndian);
            isSound = sum == ReadSum(frame.AsSpan(16));
            isInterrupted = !isSound && !isEnd;
        }

        return lost;
    }

    private static (uint, uint) ReadSum(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));

    private static (uint, uint) Sum((uint First, uint Second) sum, ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        var (first, second) = sum;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            first += Word(bytes, isBigEndian) + second;
            second += Word(bytes[4..], isBigEndian) + first;
        }

        return (first, second);
    }

    private static uint Word(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
