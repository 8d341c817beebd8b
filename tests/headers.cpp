// Only there so that what the tests include is compiled once: see CMakeLists.txt.
int main() {}
