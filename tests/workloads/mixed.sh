#!/bin/bash
# Does a little of everything, once: files, directories, processes, pipes, sockets. $1 is a folder for it.
set -u
cd "$1" || exit 1

mkdir -p deep/er
echo one > deep/first
cat deep/first >> deep/er/second
ln -s first deep/link
ln deep/first deep/hard
mv deep/hard deep/moved
chmod 600 deep/moved
rm deep/moved
(cd deep/er && cat second ../first > third)
cp /bin/true deep/program
deep/program an argument
deep/missing 2> /dev/null
exec 7< deep/first
read -r line <&7
exec 8<&7 7<&-
cat <&8 > /dev/null
exec 8<&-
printf 'a\nb\n' | sort | tail -1 > deep/sorted
(exec -a named "$BASH" -c 'echo "$0" > deep/named; (echo inner > deep/inner)')
for i in 1 2 3; do echo "$i" > "deep/loop-$i" & done
wait
exec 5<> /dev/udp/127.0.0.1/9
echo datagram >&5
exec 5>&-
exec 5<> /dev/tcp/127.0.0.1/1
rm -r deep
